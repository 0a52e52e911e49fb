using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using TorchSharp;

namespace TorchPort.Tests;

/// <summary>What each cell of the notebook computes.</summary>
public sealed class NotebookTests : IDisposable
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();
    private readonly Notebook _notebook = new(_ => { });

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void In1_defines_three_points_as_a_column()
    {
        _notebook.In1_DummyData();

        Assert.Equal([3, 1], _notebook.x_train.shape);
        Assert.Equal([1f, 2f, 3f], _notebook.x_train.data<float>());
        Assert.Equal([3, 1], _notebook.y_train.shape);
        Assert.Equal([1f, 2f, 3f], _notebook.y_train.data<float>());
    }

    [Fact]
    public void The_hypothesis_is_Wx_plus_b()
    {
        _notebook.In1_DummyData();
        _notebook.HypothesisLinearRegression();

        Assert.Equal([0f, 0f, 0f], _notebook.hypothesis.data<float>());
        // The slope of sum(Wx + b) along W is the sum of x, along b the number of points.
        _notebook.hypothesis.sum().backward();
        Assert.Equal(6f, _notebook.W.grad!.item<float>());
        Assert.Equal(3f, _notebook.b.grad!.item<float>());
    }

    [Fact]
    public void The_simpler_hypothesis_is_Wx()
    {
        _notebook.In1_DummyData();
        _notebook.SimplerHypothesisFunction();

        Assert.Equal([0f, 0f, 0f], _notebook.hypothesis.data<float>());
        _notebook.hypothesis.sum().backward();
        Assert.Equal(6f, _notebook.W.grad!.item<float>());
        Assert.Null(_notebook.b);
    }

    [Fact]
    public void The_first_cell_fails_before_In1_as_in_Python() =>
        Assert.Throws<NullReferenceException>(_notebook.HypothesisLinearRegression);

    [Fact]
    public void The_cost_is_the_mean_squared_error()
    {
        _notebook.In1_DummyData();
        _notebook.SimplerHypothesisFunction();
        _notebook.CostFunctionMSE();

        // (1 + 4 + 9) / 3
        Assert.Equal(14f / 3, _notebook.cost.item<float>());
    }

    [Fact]
    public void Gradient_descent_steps_in_place_along_twice_the_mean()
    {
        _notebook.In1_DummyData();
        using var zero = torch.zeros(1);
        using var W = _notebook.W = torch.nn.Parameter(zero, requires_grad: false);
        _notebook.GradientDescentCode();

        Assert.Equal(-28f / 3, _notebook.gradient.item<float>());
        Assert.Equal(0.1, _notebook.lr);
        Assert.Equal(28f / 30, W.item<float>());
    }

    [Fact]
    public void Gradient_descent_after_the_second_cell_fails_as_in_Python()
    {
        _notebook.In1_DummyData();
        _notebook.SimplerHypothesisFunction();

        var error = Assert.Throws<ExternalException>(_notebook.GradientDescentCode);
        Assert.Contains("a leaf Variable that requires grad is being used in an in-place operation", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_step_of_SGD_goes_to_1_4()
    {
        _notebook.In1_DummyData();
        _notebook.SimplerHypothesisFunction();
        _notebook.CostFunctionMSE();
        _notebook.GradientDescentWithTorchOptim();

        Assert.Equal(-28f / 3, _notebook.W.grad!.item<float>(), 1e-5f);
        Assert.Equal(1.4f, _notebook.W.item<float>(), 1e-6f);
    }

    [Fact]
    public void W_and_cost_are_PyTorchs_to_the_last_bit()
    {
        var bits = new List<(int W, int Cost)>();
        var notebook = new Notebook(line => bits.Add((Bits(line.GetArgument(2)), Bits(line.GetArgument(3)))));
        notebook.In2_FullCode();
        notebook.In3_FullCodeWithTorchOptim();

        var expected = Regex.Matches(Port.Data("pytorch-1.13-cpu-exact.txt"), "W: (.*), Cost: (.*)")
            .Select(line => (Bits(Parse(line.Groups[1].Value)), Bits(Parse(line.Groups[2].Value))));
        Assert.Equal(expected, bits);

        static int Bits(object? number) => BitConverter.SingleToInt32Bits((float)number!);
        static float Parse(string digits) => float.Parse(digits, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Epochs_count_from_0_to_nb_epochs(int cell)
    {
        var epochs = new List<object?>();
        Run(cell, new Notebook(line => epochs.Add(line.GetArgument(0)), epochs: 3));

        Assert.Equal([0, 1, 2, 3], epochs);
    }

    [Theory]
    [InlineData(2, 0.5, 7f)] // the sum over the points: 0.5 * 14
    [InlineData(3, 0.75, 7f)] // twice their mean: 0.75 * 28 / 3
    public void The_learning_rate_scales_the_first_step(int cell, double lr, float expected)
    {
        var W = new List<float>();
        Run(cell, new Notebook(line => W.Add((float)line.GetArgument(2)!), epochs: 1, learningRate: lr));

        Assert.Equal([0f, expected], W, (left, right) => Math.Abs(left - right) < 1e-5f);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void No_tensor_outlives_its_epoch(int cell)
    {
        var alive = new List<long>();
        Run(cell, new Notebook(_ => alive.Add(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount)));

        // The first epoch comes before the first gradient.
        Assert.Single(alive.Skip(1).Distinct());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void No_tensor_outlives_its_cell(int cell)
    {
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (torch.NewDisposeScope())
        {
            Run(cell, _notebook);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static void Run(int cell, Notebook notebook)
    {
        if (cell == 2)
        {
            notebook.In2_FullCode();
        }
        else
        {
            notebook.In3_FullCodeWithTorchOptim();
        }
    }
}
