using System.Runtime.InteropServices;
using TorchSharp;

namespace TorchPort.Tests;

// TorchSharp's default device is process-wide, so these tests do not run in parallel with others.
[CollectionDefinition(DisableParallelization = true)]
[Collection(typeof(NotebookTests))]
public sealed class NotebookTests : IDisposable
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();
    private readonly Notebook _notebook = new(_ => { });

    public void Dispose()
    {
        _scope.Dispose();
        torch.set_default_device(torch.CPU);
    }

    [Fact]
    public void Unnumbered_cells_compute_what_their_text_says()
    {
        _notebook.In1_DummyData();
        Assert.Equal([3, 1], _notebook.x_train.shape);
        Assert.Equal([1f, 2f, 3f], _notebook.x_train.data<float>());
        Assert.Equal([1f, 2f, 3f], _notebook.y_train.data<float>());

        // The gradient of sum(Wx + b) is the sum of x for W, and the number of points for b.
        _notebook.HypothesisLinearRegression();
        _notebook.hypothesis.sum().backward();
        Assert.Equal((6f, 3f), (_notebook.W.grad!.item<float>(), _notebook.b.grad!.item<float>()));

        // The cost is (1 + 4 + 9) / 3, the gradient is -28/3, and SGD takes W from 0 to 0.15 * 28/3.
        _notebook.SimplerHypothesisFunction();
        _notebook.CostFunctionMSE();
        Assert.Equal(14f / 3, _notebook.cost.item<float>());
        _notebook.GradientDescentWithTorchOptim();
        Assert.Equal(1.4f, _notebook.W.item<float>(), 1e-6f);

        // By hand the gradient is the same, and lr = 0.1 takes W from 0 to 0.1 * 28/3, in place.
        _notebook.SimplerHypothesisFunction();
        RunGradientDescentCode();
        Assert.Equal((-28f / 3, 28f / 30), (_notebook.gradient.item<float>(), _notebook.W.item<float>()));
    }

    // Tensors on the meta device have no data, so this needs no GPU.
    [Fact]
    public void Cells_keep_tensors_on_default_device()
    {
        torch.set_default_device(torch.META);
        _notebook.In1_DummyData();
        _notebook.HypothesisLinearRegression();
        _notebook.CostFunctionMSE();
        _notebook.GradientDescentWithTorchOptim();
        torch.Tensor?[] trained = [_notebook.W, _notebook.W.grad, _notebook.b.grad];
        _notebook.SimplerHypothesisFunction();
        RunGradientDescentCode();

        // In [2] and In [3] stop where they print the first number.
        Assert.Throws<ExternalException>(_notebook.In2_FullCode);
        Assert.Throws<ExternalException>(_notebook.In3_FullCodeWithTorchOptim);

        torch.Tensor?[] tensors = [.. _scope.DisposablesView.OfType<torch.Tensor>(), .. trained, _notebook.W];
        Assert.All(tensors, tensor => Assert.Equal(DeviceType.META, tensor!.device_type));
    }

    [Fact]
    public void Gradient_descent_after_second_cell_fails_as_in_Python()
    {
        _notebook.In1_DummyData();
        _notebook.SimplerHypothesisFunction();

        var error = Assert.Throws<ExternalException>(_notebook.GradientDescentCode);
        Assert.Contains("requires grad is being used in an in-place operation", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_tensor_outlives_its_epoch_or_its_cell()
    {
        var alive = new List<long>();
        var notebook = new Notebook(_ => alive.Add(Alive));
        foreach (var cell in new[] { notebook.In2_FullCode, notebook.In3_FullCodeWithTorchOptim })
        {
            var before = Alive;
            using (torch.NewDisposeScope())
            {
                cell();
            }

            // The first epoch comes before the first gradient.
            Assert.Single(alive.Skip(1).Distinct());
            Assert.Equal(before, Alive);
            alive.Clear();
        }
    }

    // W requires grad, so it can be modified in place only under no_grad().
    private void RunGradientDescentCode()
    {
        using var noGradient = torch.no_grad();
        _notebook.GradientDescentCode();
    }

    private static long Alive => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
}
