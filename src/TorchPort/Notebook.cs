using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchPort;

/// <summary>
/// The code cells of gradient-descent.ipynb, in its order and line for line. A cell with a label in its name
/// (<c>In1</c>) is one that the notebook's author ran.
/// </summary>
/// <param name="print">Where the cells print.</param>
/// <param name="epochs">Another <c>nb_epochs</c> than the notebook's.</param>
/// <param name="learningRate">Another <c>lr</c> than the notebook's.</param>
internal sealed class Notebook(Action<FormattableString> print, int? epochs = null, double? learningRate = null)
{
    // What one cell assigns, later cells read. The two full-code cells assign all that they use, so theirs are locals.
    internal Tensor x_train = null!, y_train = null!, b = null!, hypothesis = null!, cost = null!, gradient = null!;
    internal Parameter W = null!;
    internal double lr;

    // ## Hypothesis (Linear Regression): H(x) = Wx + b
    internal void Hypothesis()
    {
        W = nn.Parameter(torch.zeros(1, requires_grad: true));
        b = torch.zeros(1, requires_grad: true);
        hypothesis = x_train * W + b;
    }

    // ## Simpler Hypothesis Function: H(x) = Wx, no bias
    internal void SimplerHypothesis()
    {
        W = nn.Parameter(torch.zeros(1, requires_grad: true));
        // b = torch.zeros(1, requires_grad: true);
        hypothesis = x_train * W;
    }

    // ## Dummy Data: the output equals the input. Its two imports are the usings at the top of this file.
    internal void In1_DummyData()
    {
        x_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        y_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
    }

    // ## Cost function: MSE, the mean squared error
    internal void CostFunction()
    {
        cost = torch.mean((hypothesis - y_train).pow(2));
    }

    // ## Gradient Descent: Code
    internal void GradientDescent()
    {
        gradient = 2 * torch.mean((W * x_train - y_train) * x_train);
        lr = 0.1;
        W.sub_(lr * gradient);
    }

    // ## Full Code
    internal void In2_FullCode()
    {
        // the data
        var x_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        var y_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        // the model, before training
        var W = torch.zeros(1);
        // how far one step goes
        var lr = learningRate ?? 0.1;

        long nb_epochs = epochs ?? 10;
        for (long epoch = 0; epoch < nb_epochs + 1; epoch++)
        {
            using var scope = torch.NewDisposeScope();

            // what the model says: H(x)
            var hypothesis = x_train * W;

            // how wrong that is, and the slope at W
            var cost = torch.mean((hypothesis - y_train).pow(2));
            var gradient = torch.sum((W * x_train - y_train) * x_train);

            print($"Epoch {epoch,4}/{nb_epochs} W: {W.item<float>():F3}, Cost: {cost.item<float>():F6}");

            // one step down the slope
            W.sub_(lr * gradient);
        }
    }

    // ## Gradient Descent with torch.optim
    internal void GradientDescentWithOptim()
    {
        // the optimizer
        using var optimizer = optim.SGD([W], learningRate: 0.15);

        // one step down the slope of the cost
        optimizer.zero_grad();
        cost.backward();
        optimizer.step();
    }

    // ## Full Code with torch.optim
    internal void In3_FullCodeWithOptim()
    {
        // the data
        var x_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        var y_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        // the model, before training
        var W = nn.Parameter(torch.zeros(1, requires_grad: true));
        // the optimizer
        using var optimizer = optim.SGD([W], learningRate: learningRate ?? 0.15);

        long nb_epochs = epochs ?? 10;
        for (long epoch = 0; epoch < nb_epochs + 1; epoch++)
        {
            using var scope = torch.NewDisposeScope();

            // what the model says: H(x)
            var hypothesis = x_train * W;

            // how wrong that is
            var cost = torch.mean((hypothesis - y_train).pow(2));

            print($"Epoch {epoch,4}/{nb_epochs} W: {W.item<float>():F3}, Cost: {cost.item<float>():F6}");

            // one step down the slope of the cost
            optimizer.zero_grad();
            cost.backward();
            optimizer.step();
        }
    }
}
